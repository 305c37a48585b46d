/** Scenarios: `npm run scenarios -- -u` writes the answers anew; read the diff. The page beside this file says more. */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { ClusterStage } from './cluster-stage.js'
import { CLUSTER_VERBS } from './cluster-verbs.js'
import { SchedulerStage } from './scheduler-stage.js'
import { SCHEDULER_VERBS } from './scheduler-verbs.js'
import { replay, type Stage } from './script.js'
import { WorkerStage } from './worker-stage.js'
import { WORKER_VERBS } from './worker-verbs.js'

const STAGES: Record<string, () => Stage> = {
  scheduler: () => new SchedulerStage(),
  worker: () => new WorkerStage(),
  cluster: () => new ClusterStage(),
}

for (const [folder, makeStage] of Object.entries(STAGES))
  describe(folder, () => {
    const path = fileURLToPath(new URL(`./${folder}/`, import.meta.url))
    for (const file of readdirSync(path).sort())
      test(file.replace('.txt', '').replaceAll('-', ' '), async () => {
        const text = readFileSync(path + file, 'utf8')
        await expect(replay(text, makeStage())).toMatchFileSnapshot(path + file)
      })
  })

test('the page beside the scenarios names all that they can say', () => {
  const page = readFileSync(new URL('README.md', import.meta.url), 'utf8')
  const forms = [...SCHEDULER_VERBS, ...WORKER_VERBS, ...CLUSTER_VERBS].map(({ form }) => form)
  expect(forms.filter((form) => !page.includes(form))).toEqual([])
})
