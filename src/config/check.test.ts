import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkMeaning } from './check.ts';
import { formatPath } from './document-path.ts';

function placesOf(root: unknown): string[] {
  return checkMeaning(root, { show: (_, value) => JSON.stringify(value), lineOf: () => null }).map((complaint) =>
    formatPath(complaint.path),
  );
}

test('a document in which all names lead somewhere has no issues', () => {
  const root = {
    listeners: [{ address: ':8080' }, { address: '[::1]:8080' }, { address: ':0' }, { address: ':0' }],
    admin: { address: 'main' },
    upstreams: { a: { targets: ['http://x:1', { url: 'http://x:2' }] }, b: { targets: ['http://x:1'] } },
    routes: [
      { name: 'one', match: { path: '/a', methods: ['GET'] }, upstream: 'a' },
      { name: 'two', match: { path: '/a', methods: ['POST'] }, upstream: 'b' },
      { name: 'three', match: { path: '/a' }, upstream: 'b' },
      { name: 'four', match: { path: '/a', host: 'x.example' }, upstream: 'b' },
    ],
  };
  assert.deepEqual(placesOf(root), []);
});

test('what is there twice is found, however it is written', () => {
  assert.deepEqual(placesOf({ listeners: [{ address: ':80' }, { address: '0.0.0.0:80' }] }), ['listeners[1].address']);
  assert.deepEqual(placesOf({ listeners: [{ address: ':80' }], admin: { address: '0.0.0.0:80' } }), ['admin.address']);
  assert.deepEqual(placesOf({ upstreams: { a: { targets: ['http://x', { url: 'http://X:80/' }] } } }), [
    'upstreams.a.targets[1]',
  ]);
  const routes = [
    { name: 'a', upstream: 'u' },
    { name: 'a', match: { path: '/*' }, upstream: 'u' },
  ];
  assert.deepEqual(placesOf({ upstreams: { u: {} }, routes }), ['routes[1].name', 'routes[1].match']);
});

test('a route to an upstream that is not there is found, with the nearest name', () => {
  const root = {
    upstreams: { users: {} },
    routes: [{ upstream: 'user' }, { match: { path: '/a' }, upstream: 'constructor' }],
  };
  const complaints = checkMeaning(root, { show: (_, value) => JSON.stringify(value), lineOf: () => null });
  assert.deepEqual(
    complaints.map((complaint) => complaint.suggestion),
    ['users', undefined],
  );
});

test('what is not well-formed is passed over', () => {
  for (const root of [null, 5, [], { listeners: 5, upstreams: [], routes: {} }, { listeners: [null, [], 5, {}] }]) {
    assert.deepEqual(placesOf(root), []);
  }
  const wrong = {
    upstreams: { a: null, b: { targets: [5, {}, 'x'] } },
    routes: [null, 'x', { match: 5, redirect: 5 }, { match: 5, split: 5 }],
  };
  assert.deepEqual(placesOf(wrong), []);
});
