import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { parseAtOnce } from '../../src/config/parse-at-once.fixture.ts';
import { documentFromFlags, flagDefaults } from '../../src/doors/flags.ts';
import { root } from './process.fixture.ts';

const chapter = readFileSync(join(root, 'docs', 'gateway-from-flags.md'), 'utf8');

/** The commands that people come with, who know the gateway that had these flags first. */
const knownCommands = [
  'sluice -mode gateway -port 8080 -backends http://localhost:8081,http://localhost:8082',
  'sluice -mode gateway -port 8080 -rate-limit 200 -key-rate-limit 2000',
  'sluice -mode backend -port 8081 -name "Backend-1"',
  'sluice -mode backend -port 8082 -name "Backend-2"',
  'sluice -mode backend -port 8083 -name "Backend-3"',
  'sluice -mode client -cmd health -endpoint http://localhost:8080',
  'sluice -mode client -cmd echo -endpoint http://localhost:8080 -count 5',
  'sluice -mode client -cmd user -endpoint http://localhost:8080 -count 3',
  'sluice -mode client -cmd user -endpoint http://localhost:8080 -key key-admin',
  'sluice -mode client -cmd auth -endpoint http://localhost:8080',
  'sluice -mode client -cmd rate-limit -endpoint http://localhost:8080 -count 150',
  'sluice -mode client -cmd rate-limit -count 200',
  'sluice -mode client -cmd data -count 10',
  'curl http://localhost:8080/health',
  'curl http://localhost:8080/api/user?id=123',
  'curl -H "X-API-Key: key-admin" http://localhost:8080/api/user?id=456',
  `curl -X POST http://localhost:8080/api/echo -H "Content-Type: application/json" -d '{"message":"hello"}'`,
  'curl http://localhost:8080/api/data',
  'curl http://localhost:8080/api/slow',
  'curl -H "X-API-Key: key-admin" http://localhost:8080/api/user',
  'curl -H "X-API-Key: invalid-key" http://localhost:8080/api/user',
  'tail -f gateway.log | jq .',
  'make gateway',
  'make backend1',
  'make backend2',
  'make test',
];

function blocksOf(language: string): string[] {
  const blocks = chapter.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'gm'));
  return [...blocks].flatMap(([, text]) => text ?? []);
}

describe('the chapter about flags', () => {
  test('has every command that people know', () => {
    const lines = [...blocksOf('sh'), ...blocksOf('console')].join('\n').split('\n');
    const commands = new Set(lines.map((line) => line.replace(/^\$ /, '').replace(/ &$/, '')));
    assert.deepEqual(
      knownCommands.filter((command) => !commands.has(command)),
      [],
    );
  });

  test('has the file that stands for the defaults of the flags', () => {
    const [text = ''] = blocksOf('yaml');
    const parsed = parseAtOnce({ text, format: 'yaml', file: 'chapter', variables: {} });
    assert.ok('document' in parsed);
    assert.deepEqual(structuredClone(parsed.document.value), documentFromFlags({}).value);
  });

  test('has a row with its default for every flag of the gateway', () => {
    for (const [flag, value] of Object.entries(flagDefaults)) {
      const row = new RegExp(`^\\| \`-${flag}\` +\\|.*\\| +(\\S.*?) +\\|$`, 'm').exec(chapter);
      assert.equal(row?.[1]?.replaceAll('`', ''), value ?? 'one per core', flag);
    }
  });
});
