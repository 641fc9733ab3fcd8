import type { Launch } from './processes.ts';

export interface Ports {
  readonly port: number;
  readonly targetPort: number;
}

/** A proxy that is measured beside the others. */
export interface Subject {
  readonly name: string;
  /** Writes and builds what the subject needs, once, for any number of starts. Throws where something is missing. */
  describe(ports: Ports): Launch | Promise<Launch>;
  /** Removes what a round has left, after each one. */
  cleanUp?(): void;
}
