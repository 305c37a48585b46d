import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const dist = (file: string) => fileURLToPath(new URL(`./dist/${file}`, import.meta.url))

// Unit tests import the sources; whatever imports 'heddle' tests the built package, as a user would.
export default defineConfig({
  resolve: {
    alias: [
      { find: /^heddle$/, replacement: dist('index.js') },
      { find: /^heddle\/testing$/, replacement: dist('testing.js') },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/projects/**'],
    server: { deps: { external: [/\/dist\//] } },
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // A condition is waited for as long as a busy machine may need.
    expect: { poll: { timeout: 20_000, interval: 20 } },
  },
})
