import type { FromClient, TaskSpec } from '../../protocol/messages.js'
import type { Encoded } from '../../values/encoded.js'
import type { PackedArgs } from './packed-args.js'

type Graph = FromClient['update-graph']

/** A task as it was submitted. */
export interface SubmittedTask extends Omit<TaskSpec, 'args'> {
  readonly args: Encoded | PackedArgs
}

/** All that belongs to one graph. */
export interface Submission extends Omit<Graph, 'tasks' | 'more'> {
  readonly tasks: readonly SubmittedTask[]
}
