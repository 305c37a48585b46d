/** Makes `.venv-dask`: the Python against which the tests and the example of a Dask cluster run. */
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const VENV = fileURLToPath(new URL('../.venv-dask', import.meta.url))
const PACKAGES = ['dask[distributed]==2026.7.1', 'numpy']

const options = { stdio: 'inherit' } as const
execFileSync('python3', ['-m', 'venv', VENV], options)
execFileSync(`${VENV}/bin/pip`, ['install', '--quiet', '--disable-pip-version-check', ...PACKAGES], options)
