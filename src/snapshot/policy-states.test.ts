import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { definePolicy, type PolicyDefinition } from '../core/policy.ts';
import { PolicyStates } from './policy-states.ts';

function createDefinition(): PolicyDefinition {
  return definePolicy({ name: 'a', summary: '', options: ({ section }) => section({}), create: () => ({}) });
}

function createBench() {
  const states = new PolicyStates();
  const disposed: number[] = [];
  let made = 0;
  const create = () => {
    made += 1;
    const number = made;
    return { number, [Symbol.dispose]: () => void disposed.push(number) };
  };
  const definition = createDefinition();
  const ask = (scope: string, options: unknown = {}, by = definition) =>
    states.of({ scope, definition: by, options })(create).number;
  return { states, disposed, ask };
}

describe('the state of a policy', () => {
  test('is kept from one configuration to the next while scope, definition and options are the same', () => {
    const { states, ask } = createBench();
    assert.equal(ask('one', { a: 1 }), 1);
    states.commit();
    assert.equal(ask('one', { a: 1 }), 1);
    states.commit();
    assert.equal(ask('one', { a: 2 }), 2);
    states.commit();
    assert.equal(ask('one', { a: 2 }, createDefinition()), 3);
    states.commit();
    assert.equal(ask('two', { a: 2 }), 4);
  });

  test('is disposed of once nobody has it, and not before', () => {
    const { states, ask, disposed } = createBench();
    ask('one');
    ask('two');
    states.commit();
    ask('one');
    ask('three');
    assert.deepEqual(disposed, []);
    states.commit();
    assert.deepEqual(disposed, [2]);
    states.clear();
    assert.deepEqual(disposed, [2, 1, 3]);
  });

  test('of a configuration that is not served is dropped, and the running one keeps its own', () => {
    const { states, ask, disposed } = createBench();
    ask('one');
    states.commit();
    ask('one');
    ask('two');
    states.abandon();
    assert.deepEqual(disposed, [2]);
    assert.equal(ask('one'), 1);
  });

  test('may be several, told apart by their order', () => {
    const states = new PolicyStates();
    const definition = createDefinition();
    const first = states.of({ scope: 'a', definition, options: {} });
    const values = [first(() => ['x']), first(() => ['y'])];
    states.commit();
    const second = states.of({ scope: 'a', definition, options: {} });
    assert.deepEqual([second(() => []) === values[0], second(() => []) === values[1]], [true, true]);
  });
});
