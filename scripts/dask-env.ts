/**
 * Makes the Python against which the tests and the example of a Dask cluster run: `.venv-dask`, or for another version
 * than the usual one `.venv-dask-VERSION`.
 *
 *   npm run dask-env [-- 2025.4.0]
 */
import { makeDaskEnv } from './dask-python.js'

console.log(makeDaskEnv(process.argv[2]))
