import { execFileSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const VERSION = '2026.7.1'
/** Those that a cluster may be told to use. */
const COMPRESSIONS = ['lz4', 'python-snappy', 'zstandard']

/** Makes a virtual environment with that version of Dask, unless it is there; gives its Python. */
export function makeDaskEnv(version: string = VERSION): string {
  const name = version === VERSION ? '.venv-dask' : `.venv-dask-${version}`
  const folder = fileURLToPath(new URL(`../${name}`, import.meta.url))
  const python = `${folder}/bin/python`
  if (existsSync(`${folder}/ready`)) return python
  const options = { stdio: ['ignore', 'ignore', 'inherit'] as ['ignore', 'ignore', 'inherit'] }
  execFileSync('python3', ['-m', 'venv', folder], options)
  const packages = [`dask[distributed]==${version}`, 'numpy', 'pandas', 'pyarrow', ...COMPRESSIONS]
  execFileSync(`${folder}/bin/pip`, ['install', '--quiet', '--disable-pip-version-check', ...packages], options)
  writeFileSync(`${folder}/ready`, '')
  return python
}
