import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'
import { ship } from '../../../src/code/identity.js'
import { loadArtefact, mapStack } from '../../../src/code/load.js'
import { bundleModule, type ShippedModule } from '../../../src/code/module.js'
import { projectOf } from './project.js'

async function run(module: ShippedModule, name: string, ...args: unknown[]): Promise<unknown> {
  const shipped = module.functions[name]!
  const code = await loadArtefact(shipped.artefact)
  return code.get(shipped.ref.split('#')[1]!)(...args)
}

async function bundled(files: Record<string, string>, options: { link?: string[] } = {}): Promise<ShippedModule> {
  return bundleModule(pathToFileURL(join(projectOf(files, options), Object.keys(files)[0]!)))
}

describe('a module that is bundled', () => {
  test('takes its helpers along, in TypeScript and without extensions', async () => {
    const module = await bundled({
      'tasks.ts': `import { twice } from './lib/twice'\nexport const work = (x: number): number => twice(x) + 1`,
      'lib/twice.ts': 'export function twice(x: number): number { return 2 * x }',
    })
    expect(await run(module, 'work', 3)).toBe(7)
    expect(module.files.map((file) => file.replace(/^.*heddle-code-\w+\//, ''))).toEqual(['lib/twice.ts', 'tasks.ts'])
  })

  test('follows path aliases of its tsconfig', async () => {
    const module = await bundled({
      'src/tasks.ts': `import { one } from '@lib/one'\nexport const work = () => one`,
      'src/shared/one.ts': 'export const one = 1',
      'tsconfig.json': '{ "compilerOptions": { "paths": { "@lib/*": ["./src/shared/*"] } } }',
    })
    expect(await run(module, 'work')).toBe(1)
  })

  test('may import JSON, CommonJS and packages', async () => {
    const module = await bundled(
      {
        'tasks.ts': `
          import { bold } from 'picocolors'
          import * as ansi from 'strip-ansi'
          import data from './data.json'
          import { half } from './half.cjs'
          export const work = () => [data.rows.length, half(8), typeof bold, ansi.default('x')]`,
        'data.json': '{ "rows": [1, 2, 3] }',
        'half.cjs': `const { EOL } = require('node:os'); exports.half = (x) => x / 2 + EOL.length - 1`,
      },
      { link: ['picocolors', 'strip-ansi'] },
    )
    expect(await run(module, 'work')).toEqual([3, 4, 'function', 'x'])
  })

  test('may await at its top level, import lazily, and have a default export', async () => {
    const module = await bundled({
      'tasks.mts': `
        import fs, { existsSync as exists } from 'node:fs'
        import * as path from 'node:path'
        const three = await Promise.resolve(3)
        export const values = async () => {
          const [{ lazy }, os] = await Promise.all([import('./lazy.mjs'), import('node:os')])
          return [three, lazy, typeof os.cpus, typeof fs.readFileSync, exists('/'), path.basename('/a/b')]
        }
        export default (x) => -x`,
      'lazy.mts': 'export const lazy = "lazy"',
    })
    expect(await run(module, 'values')).toEqual([3, 'lazy', 'function', 'function', true, 'b'])
    expect(await run(module, 'default', 2)).toBe(-2)
    expect(module.functions.default?.name).toBe('tasks')
  })

  test('knows its own place', async () => {
    const folder = projectOf({ 'tasks.ts': 'export const where = () => [import.meta.url, import.meta.dirname]' })
    const module = await bundleModule(join(folder, 'tasks.ts'))
    expect(await run(module, 'where')).toEqual([pathToFileURL(join(folder, 'tasks.ts')).href, folder])
  })

  test('may bring its own require', async () => {
    const module = await bundled({
      'tasks.mjs': `
        import { createRequire } from 'node:module'
        const require = createRequire(import.meta.url)
        export const where = () => require('node:path').sep`,
    })
    expect(await run(module, 'where')).toBe('/')
  })

  test('may be CommonJS', async () => {
    const module = await bundled({
      'tasks.cjs': `
        const path = require('node:path')
        exports.base = (x) => path.basename(x)
        module.exports.twice = (x) => 2 * x
        exports.limit = 4`,
    })
    expect(await run(module, 'base', '/a/b')).toBe('b')
    expect(await run(module, 'twice', 2)).toBe(4)
  })

  test('offers its functions and nothing else', async () => {
    const module = await bundled({
      'tasks.ts': `
        import { pure as declared } from 'heddle'
        export const limit = 4, name = 'x', list = [1]
        export class Model {}
        export interface Shape { a: number }
        export const memo = ((f: () => number) => f)(() => 1)
        export const sure = declared((x: number) => x)
        export function plain() {}
        export { plain as other }`,
    })
    expect(Object.keys(module.functions).sort()).toEqual(['memo', 'other', 'plain', 'sure'])
    expect(module.functions.sure?.pure).toBe(true)
    expect(module.functions.plain?.pure).toBe(false)
  })

  test('has functions that can be submitted from within', async () => {
    const module = await bundled({
      'tasks.ts': 'const base = 1\nexport function self(n: number) { return [self, base + n] }',
    })
    const [self] = (await run(module, 'self', 1)) as [() => unknown]
    expect(ship(self)).toMatchObject({ ref: module.functions.self!.ref, name: 'self' })
  })

  test('has the same hash in every folder, and another after an edit', async () => {
    const text = 'export const work = () => 1'
    const [one, two, three] = await Promise.all(
      [text, text, text.replace('1', '2')].map((source) => bundled({ 'tasks.ts': source, 'package.json': '{}' })),
    )
    expect(one!.functions.work!.ref).toBe(two!.functions.work!.ref)
    expect(three!.functions.work!.ref).not.toBe(one!.functions.work!.ref)
  })

  test('shows its own lines in stacks, causes included', async () => {
    const folder = projectOf({
      'tasks.ts': `import { fail } from './fail.js'

interface Unused { a: number }

export async function work(x: number): Promise<number> {
  try {
    return fail(x)
  } catch (cause) {
    throw new AggregateError([new Error('one')], 'work failed', { cause })
  }
}`,
      'fail.ts': `type Never = never
export function fail(x: number): number {
  throw new TypeError('no ' + x)
}`,
    })
    const module = await bundleModule(join(folder, 'tasks.ts'))
    const error = (await run(module, 'work', 1).catch((e: unknown) => e)) as AggregateError
    mapStack(error)
    expect(error.stack).toContain(`at work (${folder}/tasks.ts:9:11)`)
    expect((error.errors[0] as Error).stack).toContain(`${folder}/tasks.ts:9:31`)
    expect((error.cause as Error).stack).toContain(`at fail (${folder}/fail.ts:3:9)`)
    expect((error.cause as Error).stack).toContain(`at work (${folder}/tasks.ts:7:12)`)
  })
})

describe('a module that cannot be had', () => {
  test('is named with both places where it was looked for', async () => {
    await expect(bundleModule('./nowhere.ts')).rejects.toThrow(
      /there is no module '.\/nowhere.ts': neither test\/unit\/code\/nowhere.ts nor nowhere.ts exists/,
    )
  })

  test('is named with line and column of its syntax error', async () => {
    const folder = projectOf({ 'tasks.ts': 'export const a = 1\nexport const b = 2 x' })
    const failing = bundleModule(join(folder, 'tasks.ts'))
    await expect(failing).rejects.toThrow(`${folder}/tasks.ts:2:20 cannot be loaded: Expected ";" but found "x"`)
    await expect(failing).rejects.toMatchObject({ code: 'HEDDLE_LOAD' })
  })

  test('is named with the import that leads nowhere', async () => {
    const folder = projectOf({ 'tasks.ts': `import x from 'not-installed'\nexport const f = () => x` })
    await expect(bundleModule(join(folder, 'tasks.ts'))).rejects.toThrow(
      `${folder}/tasks.ts:1:15 cannot be loaded: Could not resolve "not-installed"`,
    )
  })

  test('says where its top level threw', async () => {
    const folder = projectOf({
      'tasks.ts': `export const f = () => 1\nconst a: number = 2\nthrow new RangeError('no ' + a)`,
    })
    const module = await bundleModule(join(folder, 'tasks.ts'))
    const error = await loadArtefact(module.functions.f!.artefact).catch((e: unknown) => e)
    expect(error).toMatchObject({
      code: 'HEDDLE_LOAD',
      message: `tasks.ts cannot be loaded: RangeError: no 2 (${folder}/tasks.ts:3:7)`,
    })
    expect(((error as Error).cause as Error).stack).toContain(`${folder}/tasks.ts:3:7`)
  })
})

describe('what packages import though it is not installed', () => {
  test('is looked for only when it is used', async () => {
    const module = await bundled({
      'tasks.ts': `import { one, more } from 'some'\nexport const f = () => one\nexport const g = () => more()`,
      'node_modules/some/package.json': '{ "name": "some", "exports": "./index.mjs" }',
      'node_modules/some/index.mjs': `export const one = 1\nexport const more = () => import('optional/part')`,
    })
    expect(await run(module, 'f')).toBe(1)
    await expect(run(module, 'g')).rejects.toThrow(/'tasks.ts' imports 'optional\/part'.* Run 'npm i optional' here/)
  })
})

describe('a native package', () => {
  const NATIVE = { 'node_modules/fast/package.json': '{ "name": "fast", "version": "1.2.3", "gypfile": true }' }

  test('stays outside and is found beside the source', async () => {
    const module = await bundled({
      'tasks.ts': `import { speed } from 'fast'\nexport const f = () => speed`,
      'node_modules/fast/index.js': `exports.speed = 4`,
      ...NATIVE,
    })
    expect(module.functions.f!.artefact.externals).toEqual(['fast@1.2.3'])
    expect(await run(module, 'f')).toBe(4)
  })

  test('is any that the user wants to stay outside', async () => {
    const folder = projectOf(
      { 'tasks.ts': `import { bold } from 'picocolors'\nexport const f = () => typeof bold` },
      { link: ['picocolors'] },
    )
    const module = await bundleModule(join(folder, 'tasks.ts'), { external: ['picocolors', 'unused'] })
    expect(module.functions.f!.artefact.externals).toEqual(['picocolors'])
    expect(module.functions.f!.artefact.body).not.toContain('isColorSupported')
    expect(await run(module, 'f')).toBe('function')
  })

  test('is named with what to install where it is missing', async () => {
    const folder = projectOf({
      'tasks.ts': `import { speed } from 'fast'\nexport const f = () => speed`,
      'node_modules/fast/index.js': 'exports.speed = 4',
      ...NATIVE,
    })
    const module = await bundleModule(join(folder, 'tasks.ts'))
    rmSync(join(folder, 'node_modules'), { recursive: true })
    const loading = loadArtefact(module.functions.f!.artefact)
    await expect(loading).rejects.toMatchObject({ code: 'HEDDLE_NATIVE' })
    await expect(loading).rejects.toThrow(/'tasks.ts' imports 'fast', a native module.* Run 'npm i fast@1.2.3' here/)
  })
})
