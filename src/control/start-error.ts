/** Why the gateway cannot start, as one line for the person who starts it: what, where and what to do. */
export class StartError extends Error {
  override readonly name = 'StartError';
}
