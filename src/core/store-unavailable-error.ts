/** The store of API keys cannot be reached or cannot work, so nobody can say whether a key is valid. */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError';
}
