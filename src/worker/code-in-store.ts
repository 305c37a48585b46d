import type { Artefact } from '../code/artefact.js'
import { codeKey } from '../dask/typescript.js'
import { decode } from '../values/decode.js'
import type { Store } from './store/store.js'

/** Code as a worker in a Dask cluster has it: it is data, which is here before a task that needs it. */
export async function codeInStore(
  store: Pick<Store, 'load'>,
  hash: string,
): Promise<{ status: 'OK'; artefact: Artefact | null }> {
  const value = await store.load(codeKey(hash))
  return { status: 'OK', artefact: value === undefined ? null : (decode(value) as Artefact) }
}
