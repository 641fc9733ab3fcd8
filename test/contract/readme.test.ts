import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { findFiles, readText, rootFolder } from './sources.ts';

const promisedCommands = ['npm ci && npm start', 'npm ci && npm test'];

function findMissingCommands(readme: string): string[] {
  return promisedCommands.filter((command) => !readme.includes(command));
}

/** Replaces code by nothing, since a link in it is an example. */
function dropCode(markdown: string): string {
  return markdown.replaceAll(/^(```+|~~~+)[^]*?^\1[ \t]*$/gm, '').replaceAll(/`[^`\n]*`/g, '');
}

/** `[text](target)`, `[text](target "title")`, images, and `[label]: target`. */
function listLinks(markdown: string): string[] {
  const text = dropCode(markdown);
  const inline = [...text.matchAll(/\]\(\s*<?([^)\s>]+)>?(?:\s+["'][^)]*)?\)/g)];
  const definitions = [...text.matchAll(/^ {0,3}\[[^\]]+\]:\s*<?(\S+?)>?(?:\s|$)/gm)];
  return [...inline, ...definitions].flatMap((match) => match[1] ?? []);
}

/** The anchors that a rendered page gives to its headings. */
function listAnchors(markdown: string): Set<string> {
  const withoutFences = markdown.replaceAll(/^(```+|~~~+)[^]*?^\1[ \t]*$/gm, '');
  const anchors = new Set<string>();
  for (const [, heading = ''] of withoutFences.matchAll(/^#{1,6}\s+(.+?)\s*#*$/gm)) {
    const base = heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(/\s/g, '-');
    let anchor = base;
    for (let count = 1; anchors.has(anchor); count += 1) anchor = `${base}-${count}`;
    anchors.add(anchor);
  }
  return anchors;
}

interface Tree {
  exists(file: string): boolean;
  read(file: string): string;
}

const repository: Tree = { exists: (file) => existsSync(path.join(rootFolder, file)), read: readText };

function findDeadLinks(file: string, tree: Tree): string[] {
  const isRelative = (link: string) => !/^([a-z][a-z0-9+.-]*:|\/\/)/i.test(link);
  return listLinks(tree.read(file))
    .filter(isRelative)
    .filter((link) => {
      const [linkPath = '', anchor] = link.split('#', 2);
      const target = linkPath === '' ? file : path.posix.join(path.posix.dirname(file), decodeURI(linkPath));
      if (target.startsWith('..') || !tree.exists(target)) return true;
      return anchor !== undefined && target.endsWith('.md') && !listAnchors(tree.read(target)).has(anchor);
    })
    .map((link) => `${file}: ${link}`);
}

describe('the documents', () => {
  test('of the start page name the commands that start and test the program', () => {
    assert.deepEqual(findMissingCommands(readText('README.md')), []);
  });

  test('have no relative link that leads nowhere', () => {
    const documents = findFiles('**/*.md');
    assert.ok(documents.length > 0);
    assert.deepEqual(
      documents.flatMap((file) => findDeadLinks(file, repository)),
      [],
    );
  });
});

describe('the check of documents', () => {
  test('misses each command that is not there', () => {
    assert.deepEqual(findMissingCommands('Type `npm ci && npm start`.'), ['npm ci && npm test']);
    assert.deepEqual(findMissingCommands('npm ci && npm test'), ['npm ci && npm start']);
  });

  const linksOf = (text: string, files: Readonly<Record<string, string>> = {}) => {
    const all: Readonly<Record<string, string>> = { ...files, 'docs/a.md': text };
    const tree = { exists: (file: string) => Object.hasOwn(all, file), read: (file: string) => all[file] ?? '' };
    return findDeadLinks('docs/a.md', tree).length;
  };

  test('finds a link to a file that does not exist, in each way of writing it', () => {
    const texts = ['[a](b.md)', '![a](b.png)', '[a](<b.md>)', '[a](b.md "title")', '[a]: ../b.md', '[a](../../b.md)'];
    for (const text of texts) assert.equal(linksOf(text), 1, text);
  });

  test('finds a link to a heading that does not exist', () => {
    assert.equal(linksOf('# Words here\n[a](#other-words)'), 1);
    assert.equal(linksOf('[a](b.md#other)', { 'docs/b.md': '## `one`, two' }), 1);
  });

  test('lets through what exists, what is elsewhere and what is only an example', () => {
    assert.equal(linksOf('[a](b.md#one-two) [b](../c)', { 'docs/b.md': '## `one`, two', c: '' }), 0);
    assert.equal(linksOf('[a](https://example.com/x) [b](mailto:a@example.com)'), 0);
    assert.equal(linksOf('`[a](b.md)`\n\n```md\n[a](b.md)\n```\n'), 0);
  });
});
