import { TRANSITIONS as SCHEDULER } from '../src/scheduler/core/transitions/table.js'
import { TRANSITIONS as WORKER } from '../src/worker/core/transitions/table.js'

/** The page on the states of a task, as the tables of the cores give it. */
export function statesPage(): string {
  return `# States of a task

Made from the tables of the two cores by \`npm run diagrams\`; a test fails when it is out of date. An edge that is not
here does not happen: a request for it goes through \`released\` on the scheduler, and is a bug on a worker.

## On the scheduler

The table is \`src/scheduler/core/transitions/table.ts\`.

${diagramOf(Object.keys(SCHEDULER))}

## On a worker

The table is \`src/worker/core/transitions/table.ts\`. A key is on a worker because it is computed there (\`waiting\`,
\`ready\`, \`constrained\`, \`executing\`, \`long-running\`) or because something computed there needs it (\`fetch\`,
\`flight\`, \`missing\`).

${diagramOf(Object.keys(WORKER))}
`
}

function diagramOf(edges: readonly string[]): string {
  const lines = edges.map((edge) => {
    const [from = '', to = ''] = edge.split('→')
    return `    ${idOf(from)} --> ${idOf(to)}`
  })
  return ['```mermaid', 'stateDiagram-v2', ...lines, '```'].join('\n')
}

// Mermaid takes a hyphen for part of an arrow.
function idOf(state: string): string {
  return state.replaceAll('-', '_')
}
