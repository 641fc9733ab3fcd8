import type { TestEvent } from 'node:test/reporters';
import path from 'node:path';

/** What became of one test, as one line of JSON. `empty` is a file that was run and holds no test. */
export interface TestRecord {
  readonly outcome: 'passed' | 'failed' | 'skipped' | 'empty';
  readonly name: string;
  readonly file: string;
}

function toRecord(event: TestEvent): TestRecord | undefined {
  if (event.type !== 'test:pass' && event.type !== 'test:fail') return undefined;
  const { name, skip, todo, details, nesting } = event.data;
  const file = path.relative(process.cwd(), event.data.file ?? '');
  // The tests of a skipped suite are never reported, so that the suite stands for them; a todo may fail unnoticed.
  if (isSet(skip) || isSet(todo)) return { outcome: 'skipped', name, file };
  if (event.type === 'test:fail') return details.type === 'suite' ? undefined : { outcome: 'failed', name, file };
  if (details.type === 'suite') return undefined;
  // node:test reports a file without tests as one passed test that has the file's own name.
  if (nesting === 0 && path.resolve(name) === path.resolve(file)) return { outcome: 'empty', name, file };
  return { outcome: 'passed', name, file };
}

/** `test.skip(name)` reports `true`, `test(name, { skip: 'reason' })` the reason. */
function isSet(mark: string | boolean | undefined): boolean {
  return mark !== undefined && mark !== false;
}

/** A reporter for `node --test`: one `TestRecord` a line, for `scripts/test.ts` to add up. */
export default async function* reportTotals(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const event of source) {
    const record = toRecord(event);
    if (record !== undefined) yield `${JSON.stringify(record)}\n`;
  }
}
