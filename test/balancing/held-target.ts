import type { ServerResponse } from 'node:http';
import type { TestContext } from 'node:test';
import { startRecordingTarget, type RecordingTarget } from '../support/recording-target.ts';

/** A target that answers only when it is told to, and then with its name. */
export interface HeldTarget extends RecordingTarget {
  /** From now on requests wait for their answers. */
  hold(): void;
  /** Answers all that wait, and from now on at once. */
  release(): void;
}

export async function startHeldTarget(t: TestContext): Promise<HeldTarget> {
  const waiting: ServerResponse[] = [];
  let isHeld = false;
  const target = await startRecordingTarget(t, (response) => {
    if (isHeld) waiting.push(response);
    else response.end('fine');
  });
  return {
    ...target,
    hold() {
      isHeld = true;
    },
    release() {
      isHeld = false;
      for (const response of waiting.splice(0)) response.end('fine');
    },
  };
}
