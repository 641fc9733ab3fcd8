import type { Document } from '../config/document.ts';
import type { Issue } from '../config/issues.ts';
import type { Config } from '../config/schema.ts';

/** A configuration as it was read last, or everything that is wrong with it. */
export type SourcedConfig =
  | {
      readonly config: Config;
      /** Where its values were written, for issues that only the running gateway can find. */
      readonly document?: Pick<Document, 'locate'>;
      /** Modules with policies of the user's own, by the addresses that a worker imports them by. */
      readonly policyModules?: readonly string[];
      /** What does not keep it from being served. */
      readonly warnings?: readonly Issue[];
    }
  | { readonly issues: readonly Issue[] };

/** Where a running gateway reads its configuration again. */
export interface ConfigSource {
  /** For the log, such as the name of the file. */
  readonly description: string;
  /** Files that a change of means another configuration; after each `load` they may be others. */
  readonly watched: readonly string[];
  /** Reads and checks it anew. Rejects only where there is a defect. */
  load(): Promise<SourcedConfig>;
}
