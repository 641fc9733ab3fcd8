import { describe } from 'node:test';
import { openKeyStore } from '../../src/stores/open-key-store.ts';
import { testKeyStore } from './suite.ts';

describe('the store in memory', () => {
  testKeyStore(async () => () => openKeyStore('memory'), { shared: false });
});
