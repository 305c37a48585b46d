import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const FILE = `${ROOT}test/types/snippet.ts`
const HEAD = `import { Client, type Future } from 'heddle'
declare const client: Client
declare const text: Future<string>
const inc = (x: number) => x + 1
`

/** What the compiler says to a user who writes these lines, one answer for each. */
function complaints(lines: readonly string[]): string[] {
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(`${ROOT}tsconfig.json`, ts.sys.readFile).config,
    ts.sys,
    ROOT,
  )
  const host = ts.createCompilerHost(options)
  const { readFile, fileExists } = host
  const content = HEAD + lines.join('\n')
  host.readFile = (file) => (file === FILE ? content : readFile(file))
  host.fileExists = (file) => file === FILE || fileExists(file)
  const program = ts.createProgram([FILE], { ...options, noEmit: true }, host)
  const source = program.getSourceFile(FILE)!
  const found = lines.map(() => 'nothing')
  for (const { code, messageText, start } of program.getSemanticDiagnostics(source)) {
    const line = source.getLineAndCharacterOfPosition(start!).line - HEAD.split('\n').length + 1
    found[line] = `TS${code}: ${ts.flattenDiagnosticMessageText(messageText, '\n').split('\n')[0]}`
  }
  return found
}

describe('the compiler names what is wrong', () => {
  const said = complaints([
    "client.submit(inc, 'x')",
    'client.submit(inc, text)',
    "client.map(inc, ['x'])",
    'client.with({ retrys: 3 })',
    'client.submit(inc)',
  ])

  test('an argument of the wrong type', () => {
    expect(said[0]).toBe(
      "TS2345: Argument of type 'string' is not assignable to parameter of type 'number | Future<number>'.",
    )
  })

  test('a future of the wrong type', () => {
    expect(said[1]).toBe(
      "TS2345: Argument of type 'Future<string>' is not assignable to parameter of type 'number | Future<number>'.",
    )
  })

  test('an item of the wrong type', () => {
    expect(said[2]).toBe("TS2322: Type 'string' is not assignable to type 'number | Future<number>'.")
  })

  test('a misspelt option', () => {
    expect(said[3]).toMatch(/^TS2353:.*'retrys' does not exist in type 'WithOptions'/)
  })

  test('an argument that is missing', () => {
    expect(said[4]).toBe('TS2554: Expected 2 arguments, but got 1.')
  })
})
