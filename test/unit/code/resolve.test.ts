import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'
import { exportTarget } from '../../../src/code/package-exports.js'
import { resolveFrom } from '../../../src/code/resolve.js'
import { projectOf } from './project.js'

test.each([
  ['a single file', './main.js', '.', './main.js'],
  ['conditions, in their order', { require: './a.cjs', import: './a.mjs', default: './a.js' }, '.', './a.mjs'],
  ['nested conditions', { browser: './b.js', node: { types: './b.d.ts', import: './b.mjs' } }, '.', './b.mjs'],
  ['a list', [{ require: './a.cjs' }, './b.js'], '.', './b.js'],
  ['a subpath', { '.': './a.js', './lib': { import: './lib.mjs' } }, './lib', './lib.mjs'],
  [
    'a pattern, the longest',
    { './*': './x/*.js', './deep/*': './deep/*/index.js' },
    './deep/a/b',
    './deep/a/b/index.js',
  ],
  ['a pattern with an end', { './*.js': './dist/*.js' }, './lib/a.js', './dist/lib/a.js'],
  ['what is kept private', { './*': './*', './secret/*': null }, './secret/a', undefined],
  ['what is not there', { '.': './a.js' }, './lib', undefined],
  ['no subpath of a single file', './main.js', './lib', undefined],
])('exports of a package: %s', (_what, exports, subpath, expected) => {
  expect(exportTarget(exports, subpath)).toBe(expected)
})

describe('an import is found', () => {
  const project = () =>
    projectOf({
      'node_modules/esm-only/package.json': '{ "exports": { "import": "./main.mjs" } }',
      'node_modules/esm-only/main.mjs': '',
      'node_modules/@scope/old/package.json': '{ "main": "lib/main" }',
      'node_modules/@scope/old/lib/main.js': '',
      'node_modules/@scope/old/lib/part.js': '',
      'packages/a/index.js': '',
    })

  test.each([
    ['esm-only', 'node_modules/esm-only/main.mjs'],
    ['@scope/old', 'node_modules/@scope/old/lib/main.js'],
    ['@scope/old/lib/part.js', 'node_modules/@scope/old/lib/part.js'],
    ['./index.js', 'packages/a/index.js'],
  ])('%s', (specifier, file) => {
    const folder = project()
    expect(resolveFrom(join(folder, 'packages/a'), specifier)).toBe(pathToFileURL(join(folder, file)).href)
  })

  test('that is built in, and one that is nowhere is not', () => {
    expect(resolveFrom('/', 'node:fs')).toBe('node:fs')
    expect(resolveFrom('/', 'fs')).toBe('fs')
    expect(resolveFrom('/', 'nowhere')).toBeUndefined()
  })
})
