/** Whether several workers can listen on one port, each with a queue of its own (SO_REUSEPORT as Linux has it). */
export const canSharePorts = process.platform === 'linux' || process.platform === 'freebsd';
