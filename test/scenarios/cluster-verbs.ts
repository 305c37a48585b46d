/** What can be said in scenarios of a whole cluster, beside what the scheduler's and the worker's can say. */
import type { ClusterStage } from './cluster-stage.js'
import type { Verb } from './script.js'

/** Read in this order; the first that fits is meant. */
export const CLUSTER_VERBS: readonly Verb<ClusterStage>[] = [
  {
    form: 'W: SENTENCE of the worker’s scenarios',
    says: /^(\w+): (.*)$/,
    does: (stage, worker, sentence) => void stage.node(worker).stage.carryOut(sentence),
  },
  {
    form: 'W hears|says|serves nothing',
    says: /^(\w+) (hears|says|serves) nothing$/,
    does: (stage, worker, wire) => {
      stage.node(worker)[wire as 'hears'].held = true
    },
  },
  {
    form: 'W hears|says|serves again',
    says: /^(\w+) (hears|says|serves) again$/,
    does: (stage, worker, wire) => {
      const node = stage.node(worker)
      if (wire === 'hears') stage.release(node.hears, (message) => stage.toWorker(node, message))
      else if (wire === 'says') stage.release(node.says, (message) => stage.toScheduler(node, message))
      else stage.release(node.serves, (answer: () => void) => answer())
    },
  },
  {
    form: 'W joins [nthreads= resources=]',
    says: /^(\w+)(?<!^client|^other) joins(.*)$/,
    does: (stage, worker, words) => stage.join(worker, words),
  },
  {
    form: 'W is lost',
    says: /^(\w+)(?<!^client|^other) is lost$/,
    does: (stage, worker) => stage.die(worker),
  },
  { form: 'TIME ms pass', says: /^(\d+) ms pass$/, does: (stage, ms) => stage.pass(Number(ms)) },
  {
    form: 'SENTENCE? of the scheduler’s scenarios',
    says: /^(.*\?)$/,
    tells: (stage, sentence) => stage.say(sentence) ?? [],
  },
  {
    form: 'SENTENCE of the scheduler’s scenarios',
    says: /^(.*)$/,
    does: (stage, sentence) => void stage.say(sentence),
  },
]
