import { expect, test } from 'vitest'
import { sealEnvironment } from '../../../src/code/environment.js'
import { ship } from '../../../src/code/identity.js'
import { CodeStore } from '../../../src/scheduler/code-store.js'

const ALICE = 'tcp://127.0.0.1:9001'
const one = ship(() => 1).artefact
const two = ship(() => 2).artefact
const three = ship(() => 3).artefact

test('code beyond the limit goes if a worker has it, and is had from that worker', () => {
  const here = new Set([ALICE])
  const store = new CodeStore((worker) => here.has(worker), one.body.length)
  expect(store.keep([one])).toBeUndefined()
  expect(store.get(one.hash, ALICE)).toEqual({ artefact: one })
  expect(store.keep([two])).toBeUndefined()
  expect(store.nbytes).toBe(two.body.length)
  expect(store.get(one.hash)).toEqual({ artefact: null, workers: [ALICE] })
  expect(store.keep([three])).toBeUndefined()
  expect(store.get(two.hash)).toEqual({ artefact: two })
  here.delete(ALICE)
  expect(store.get(one.hash)).toEqual({ artefact: null, workers: [] })
})

test('code that an environment names stays as long as that', () => {
  const store = new CodeStore(() => true)
  const environment = sealEnvironment({ setup: [{ ref: `${one.hash}#lambda`, args: '' }] })
  expect(store.keep([environment, one])).toBeUndefined()
  store.drop(one.hash)
  expect(store.get(one.hash).artefact).toBe(one)
  store.drop(environment.hash)
  expect(store.get(one.hash).artefact).toBeNull()
  expect(store.nbytes).toBe(0)
})

test('an environment without what it names, or that is none, is refused with the reason', () => {
  const store = new CodeStore(() => true)
  expect(store.keep([sealEnvironment({ setup: [{ ref: `${one.hash}#lambda`, args: '' }] })])).toContain('was not sent')
  expect(store.keep([sealEnvironment({ files: { '../x': one.hash } })])).toContain('files are not hashes by name')
})
