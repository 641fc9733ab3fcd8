/**
 * Throws in a turn of its own, where nobody catches: for a defect in a promise that nobody waits for, which is to end the
 * thread as one outside of promises does.
 */
export function rethrow(error: unknown): void {
  process.nextTick(() => {
    throw error;
  });
}
