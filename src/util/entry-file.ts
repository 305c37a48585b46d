import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { HeddleError } from '../errors.js'

/**
 * A file of Heddle's own that a thread or a process runs.
 * @throws HeddleError HEDDLE_BUNDLED when it is not beside the code that runs: a bundler took only that along.
 */
export function entryFile(entry: URL): URL {
  const file = fileURLToPath(entry)
  if (existsSync(file)) return entry
  throw new HeddleError(
    'HEDDLE_BUNDLED',
    `heddle was bundled into your program, and the file that its threads and processes run is not there (${file}). ` +
      "Leave it outside: esbuild --packages=external, webpack externals: { heddle: 'heddle' }, Vite ssr: { external: ['heddle'] }",
  )
}
