import { expect, test } from 'vitest'
import { Window } from '../../../src/client/window.js'
import type { FromClientMessage, MapSpec } from '../../../src/protocol/messages.js'
import { Encoded } from '../../../src/values/encoded.js'

const KB = 1000
const REF = 'f#0'

/** A submission of one task that takes 10 kB at the scheduler. */
function task(key: string, ...deps: string[]): FromClientMessage {
  const args = new Encoded(new Uint8Array(9 * KB), [], 9 * KB)
  return { op: 'update-graph', tasks: [{ key, function: REF, args, deps, recipe: key }], keys: [key] }
}

function map(prefix: string): FromClientMessage {
  const spec: MapSpec = {
    prefix,
    function: REF,
    length: 3,
    args: new Uint8Array(9 * KB),
    offsets: new Uint8Array(16),
    buffers: new Map(),
    deps: new Map(),
    shared_deps: [],
    recipe: prefix,
  }
  return { op: 'update-graph', tasks: [], maps: [spec], keys: [] }
}

const release = (...keys: string[]): FromClientMessage => ({ op: 'client-releases-keys', keys })
const cancel = (...keys: string[]): FromClientMessage => ({ op: 'cancel-keys', keys, force: false, reason: '' })

/** A window of 20 kB, and in words what has gone through it. */
function open() {
  const said: string[] = []
  const window = new Window((messages) => said.push(...messages.map(inWords)), 20 * KB)
  const heard = () => said.splice(0)
  return { window, heard }
}

function inWords(message: FromClientMessage): string {
  if (message.op === 'update-graph')
    return [...message.keys, ...(message.maps ?? []).map(({ prefix }) => prefix)].join()
  return 'keys' in message ? `${message.op} ${message.keys}` : message.op
}

test('submissions wait while those at the scheduler take too much, and follow as tasks end', () => {
  const { window, heard } = open()
  window.send(['a', 'b', 'c', 'd'].map((key) => task(key)))
  expect(heard()).toEqual(['a', 'b'])
  expect(window.kept).toBe(2)
  window.onLoad({ taken: 20 * KB, waiting: 20 * KB })
  expect(heard()).toEqual([])
  window.onLoad({ taken: 20 * KB, waiting: 10 * KB })
  expect(heard()).toEqual(['c'])
  window.onLoad({ taken: 30 * KB, waiting: 0 })
  expect(heard()).toEqual(['d'])
  window.send([task('e')])
  expect(heard()).toEqual(['e'])
})

test('one that is larger than the window goes alone', () => {
  const { window, heard } = open()
  window.send([task('a'), task('b'), task('c')])
  window.onLoad({ taken: 0, waiting: 0 })
  expect(heard()).toEqual(['a', 'b'])
  window.onLoad({ taken: 20 * KB, waiting: 0 })
  expect(heard()).toEqual(['c'])
})

test('what is said of tasks that are there goes past those that wait', () => {
  const { window, heard } = open()
  window.send([task('a'), task('b'), task('c'), release('a')])
  expect(heard()).toEqual(['a', 'b', 'client-releases-keys a'])
  window.send([cancel('b', 'c')])
  expect(heard()).toEqual(['cancel-keys b'])
  window.onLoad({ taken: 20 * KB, waiting: 0 })
  expect(heard()).toEqual(['c', 'cancel-keys c'])
})

test('a key that a waiting task needs is not released before that task is there', () => {
  const { window, heard } = open()
  window.send([task('a'), task('b'), task('c', 'a'), release('a', 'b')])
  expect(heard()).toEqual(['a', 'b', 'client-releases-keys b'])
  window.onLoad({ taken: 20 * KB, waiting: 0 })
  expect(heard()).toEqual(['c', 'client-releases-keys a'])
  window.send([task('d'), task('e'), release('a', 'c')])
  expect(heard()).toEqual(['d', 'client-releases-keys a,c'])
})

test('items of a map that waits are released after it', () => {
  const { window, heard } = open()
  window.send([task('a'), task('b'), map('m'), release('m-1', 'a')])
  expect(heard()).toEqual(['a', 'b', 'client-releases-keys a'])
  window.onLoad({ taken: 20 * KB, waiting: 0 })
  expect(heard()).toEqual(['m', 'client-releases-keys m-1'])
})

test('everything else keeps its order', () => {
  const { window, heard } = open()
  window.send([
    task('a'),
    task('b'),
    task('c'),
    { op: 'retry', keys: ['a'] },
    { op: 'client-desires-keys', keys: ['x'] },
  ])
  expect(heard()).toEqual(['a', 'b'])
  window.send([release('x', 'a')])
  expect(heard()).toEqual([])
  window.onLoad({ taken: 20 * KB, waiting: 0 })
  expect(heard()).toEqual(['c', 'retry a', 'client-releases-keys a', 'client-desires-keys x', 'client-releases-keys x'])
})

test('what waits and is cancelled is so as soon as it is at the scheduler, before more is sent there', () => {
  const { window, heard } = open()
  window.send(['a', 'b', 'c', 'd', 'e', 'f'].map((key) => task(key)))
  window.send([cancel('a', 'b', 'c', 'd', 'e', 'f')])
  expect(heard()).toEqual(['a', 'b', 'cancel-keys a,b'])
  window.onLoad({ taken: 20 * KB, waiting: 0 })
  expect(heard()).toEqual(['c', 'cancel-keys c', 'd', 'cancel-keys d'])
})
