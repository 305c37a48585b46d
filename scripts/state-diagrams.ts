/**
 * Writes docs/internals/states.md from the tables of the two cores.
 *
 *   npm run diagrams
 */
import { writeFileSync } from 'node:fs'
import { statesPage } from './states-page.js'

writeFileSync(new URL('../docs/internals/states.md', import.meta.url), statesPage())
