import type { Artefact } from '../code/artefact.js'
import { aHash, aText, fieldsOf, listOf, oneOf, optional } from './checks.js'

/** The shape alone; that the hash is that of the content is checked by whoever loads it. */
export const anArtefact = fieldsOf<Artefact>({
  hash: aHash,
  kind: oneOf('function', 'module', 'file', 'environment'),
  name: aText,
  body: aText,
  map: optional(aText),
  externals: listOf(aText),
  url: optional(aText),
})
