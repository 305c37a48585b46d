/**
 * Runs the tests against a Dask cluster with several releases of Dask. Build first.
 *
 *   npx tsx scripts/dask-versions.ts [VERSION…]
 */
import { spawnSync } from 'node:child_process'
import { makeDaskEnv } from './dask-python.js'

const [, , ...given] = process.argv
const versions = given.length > 0 ? given : ['2025.4.0', '2025.12.0', '2026.7.1']

for (const version of versions) {
  console.log(`== Dask ${version}`)
  const env = { ...process.env, HEDDLE_DASK_PYTHON: makeDaskEnv(version) }
  const { status } = spawnSync('npx', ['vitest', 'run', '--no-file-parallelism', 'test/integration/dask'], {
    env,
    stdio: 'inherit',
  })
  if (status !== 0) process.exitCode = 1
}
