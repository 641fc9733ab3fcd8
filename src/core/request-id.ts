const visibleFirst = 0x21;
const visibleLast = 0x7e;

/** Whether a client's request id is taken over: 1 to 128 visible ASCII characters. */
export function isRequestId(text: string): boolean {
  if (text.length === 0 || text.length > 128) return false;
  for (let at = 0; at < text.length; at++) {
    const character = text.charCodeAt(at);
    if (character < visibleFirst || character > visibleLast) return false;
  }
  return true;
}
