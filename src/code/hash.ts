import { createHash } from 'node:crypto'
import type { Artefact } from './artefact.js'

/** 128 bits of SHA-256, hex, over what the artefact does: kind, externals, url and body; name and map are for people. */
export function hashOf({ kind, externals, url, body }: Omit<Artefact, 'hash' | 'name' | 'map'>): string {
  // The first line is JSON and so has no line break in it: no two contents give the same text.
  return createHash('sha256')
    .update(`${JSON.stringify([kind, externals, url])}\n`)
    .update(body)
    .digest('hex')
    .slice(0, 32)
}

/** An artefact with its hash. */
export function seal(content: Omit<Artefact, 'hash'>): Artefact {
  return { hash: hashOf(content), ...content }
}
