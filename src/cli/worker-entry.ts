/** The module that a worker thread runs. */
export const workerEntry = new URL('../worker.ts', import.meta.url);
