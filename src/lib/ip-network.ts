/**
 * What one customer of a network usually holds: an IPv4 address as it is, the first 64 bits of an IPv6 address
 * (RFC 6177, 2), as four groups without leading zeros.
 */
export function ipNetwork(ip: string): string {
  if (!ip.includes(':')) return ip;
  const doubleAt = ip.indexOf('::');
  if (doubleAt < 0) return ip.split(':').slice(0, 4).map(plainGroup).join(':');
  const before = ip.slice(0, doubleAt).split(':').filter(Boolean);
  const after = ip
    .slice(doubleAt + 2)
    .split(':')
    .filter(Boolean);
  // An IPv4 address at the end stands for two groups.
  const groupsAfter = after.length + (after.at(-1)?.includes('.') === true ? 1 : 0);
  const zeros = Math.max(0, 8 - before.length - groupsAfter);
  return [...before, ...Array.from({ length: zeros }, () => '0'), ...after].slice(0, 4).map(plainGroup).join(':');
}

function plainGroup(group: string): string {
  return group.replace(/^0+(?=.)/, '').toLowerCase();
}
