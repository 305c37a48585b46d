// Imports point downwards, and the cores see nothing that acts. From the top:
const LAYERS = [
  ['cli', 'testing', 'index', 'thread-entry', 'process-entry'],
  ['cluster', 'simulation'],
  ['client', 'http', 'scheduler', 'worker'],
  ['nanny'],
  ['dask'],
  ['code'],
  ['rpc'],
  ['protocol'],
  ['values'],
  ['comm'],
  ['util', 'errors', 'config', 'log'],
]

// Types of these are the vocabulary of every layer; nothing of them is there at run time.
const VOCABULARY = '^src/(protocol/names|code/artefact)\\.ts$'

const pathOf = (names) => `^src/(${names.join('|')})(/|\\.ts$)`

const downwards = LAYERS.flatMap((layer, i) => {
  const above = LAYERS.slice(0, i).flat()
  const rules = above.length === 0 ? [] : [upwards(layer, above)]
  return layer.includes('scheduler') ? [...rules, ...beside(layer)] : rules
})

function upwards(layer, above) {
  return {
    name: `${layer[0]}-imports-downwards`,
    comment: `${layer.join(', ')} may not import what stands above: see docs/architecture.md`,
    severity: 'error',
    from: { path: pathOf(layer) },
    // Client.inline() is a client with a cluster of its own.
    to: { path: pathOf(above), pathNot: [VOCABULARY, '^src/cluster/inline-cluster\\.ts$'] },
  }
}

// Nodes do not import each other; they may know what a service is.
function beside(layer) {
  return layer.map((one) => ({
    name: `${one}-stands-alone`,
    comment: 'client, scheduler, worker and http speak through messages, not imports',
    severity: 'error',
    from: { path: pathOf([one]) },
    to: { path: pathOf(layer.filter((other) => other !== one)), pathNot: '^src/http/service\\.ts$' },
  }))
}

module.exports = {
  forbidden: [
    ...downwards,
    {
      name: 'vocabulary-is-types-only',
      comment: 'lower layers may use these modules for their types alone',
      severity: 'error',
      from: { path: '^src/(values|comm|util|errors|config|log|rpc)(/|\\.ts$)' },
      to: { path: VOCABULARY, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'cores-are-pure',
      comment: 'a core has no I/O, timers, clock or randomness; what it needs comes in with an event',
      severity: 'error',
      from: { path: '^src/(scheduler|worker)/core/' },
      to: {
        pathNot: ['^src/$1/core/', '^src/util/', '^src/errors\\.ts$', '^src/(protocol|code|values)/'],
      },
    },
    {
      name: 'cores-see-types-of-messages',
      comment: 'of protocol, code and values a core may use types alone; Encoded is data and may be made there, or shared',
      severity: 'error',
      from: { path: '^src/(scheduler|worker)/core/' },
      to: {
        path: '^src/(protocol|code|values)/',
        pathNot: '^src/values/(encoded|tiny-values)\\.ts$',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'commander-only-in-cli',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/cli/' },
      to: { path: 'node_modules/commander/' },
    },
    {
      name: 'no-cycles',
      comment: 'modules that need each other are one module, or hide a third',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-dev-dependencies',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg'] },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
}
