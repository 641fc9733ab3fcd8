import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assert as assertProperty, constantFrom, json, jsonValue, property, tuple, nat } from 'fast-check';
import { parseJson } from './json-text.ts';
import { TextSyntaxError } from './text-syntax.ts';

test('any JSON is read as JSON.parse reads it', () => {
  assertProperty(
    property(jsonValue({ maxDepth: 5 }), constantFrom(undefined, 2, '\t'), (value, indent) => {
      const text = JSON.stringify(value, null, indent);
      assert.deepEqual(parseJson(text).value, JSON.parse(text));
    }),
  );
});

test('a damaged JSON is refused exactly when JSON.parse refuses it', () => {
  assertProperty(
    property(
      json({ maxDepth: 3 }),
      tuple(nat(), constantFrom('', ',', '}', '"', '0', '-', 'x', '\n')),
      (text, change) => {
        const at = change[0] % (text.length + 1);
        const damaged = text.slice(0, at) + change[1] + text.slice(at + 1);
        let expected: unknown;
        try {
          expected = JSON.parse(damaged);
        } catch {
          assert.throws(() => parseJson(damaged), TextSyntaxError);
          return;
        }
        try {
          assert.deepEqual(parseJson(damaged).value, expected);
        } catch (error) {
          // Only this reader refuses a key that is written twice.
          assert.ok(error instanceof TextSyntaxError && error.message.includes('twice'), String(error));
        }
      },
    ),
  );
});

test('what JSON does not have is refused by name', () => {
  const cases: [string, RegExp, number][] = [
    ['', /expected a JSON value, but the file ends here/, 0],
    ['{"a": 1', /expected "," or "}", but the file ends here/, 7],
    ['{"a": 1,}', /no comma before "}"/, 7],
    ['[1,]', /no comma before "]"/, 2],
    ['// x\n{}', /no comments/, 0],
    ["{'a': 1}", /double quotes/, 1],
    ['{"a": 1, "a": 2}', /twice/, 9],
    ['{"a" 1}', /":"/, 5],
    ['{} {}', /the end of the file/, 3],
    ['"a\nb"', /string/, 0],
    ['undefined', /JSON value/, 0],
  ];
  for (const [text, message, offset] of cases) {
    assert.throws(
      () => parseJson(text),
      (error) =>
        error instanceof TextSyntaxError && message.test(error.message) && error.problems[0]?.offset === offset,
      text,
    );
  }
});
