import { expect, test } from 'vitest'
import { SentFiles } from '../../../src/client/sent-files.js'
import { seal } from '../../../src/code/hash.js'
import { ship } from '../../../src/code/identity.js'

test('an uploaded file goes to each worker once, code with every call', () => {
  const file = seal({ kind: 'file', name: 'a.txt', body: 'a.txt\nYQ==', externals: [] })
  const code = [ship(() => 1).artefact, file]
  const sent = new SentFiles()
  expect(sent.without('tcp://a:1', code)).toEqual(code)
  sent.note('tcp://a:1', code)
  expect(sent.without('tcp://a:1', code)).toEqual([code[0]])
  expect(sent.without('tcp://b:1', code)).toEqual(code)
})
