import assert from 'node:assert/strict';
import { test } from 'node:test';
import { editDistance, nearest } from './edit-distance.ts';

test('the distance counts insertions, deletions, substitutions and swaps', () => {
  assert.equal(editDistance('route', 'route'), 0);
  assert.equal(editDistance('route', 'routes'), 1);
  assert.equal(editDistance('routes', 'route'), 1);
  assert.equal(editDistance('route', 'roude'), 1);
  assert.equal(editDistance('route', 'ruote'), 1);
  assert.equal(editDistance('', 'abc'), 3);
  assert.equal(editDistance('kitten', 'sitting'), 3);
});

test('the nearest candidate is found for a misspelled word', () => {
  const words = ['listeners', 'routes', 'upstreams', 'workers', 'head_timeout'];
  assert.equal(nearest('listner', words), 'listeners');
  assert.equal(nearest('route', words), 'routes');
  assert.equal(nearest('upsteams', words), 'upstreams');
  assert.equal(nearest('Workers', words), 'workers');
  assert.equal(nearest('head-timeout', words), 'head_timeout');
});

test('nothing is suggested for a word that is like none', () => {
  assert.equal(nearest('colour', ['listeners', 'routes']), undefined);
  assert.equal(nearest('x', ['y', 'z']), undefined);
  assert.equal(nearest('', ['a']), undefined);
  assert.equal(nearest('x'.repeat(10_000), ['x'.repeat(10_001)]), undefined);
  assert.equal(nearest('routes', []), undefined);
});
