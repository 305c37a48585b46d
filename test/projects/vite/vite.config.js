export default {
  build: { ssr: 'src/main.ts', sourcemap: true, minify: process.env.MINIFY === 'yes' },
  ssr: process.env.BUNDLE_ALL === 'yes' ? { noExternal: true } : { external: ['heddle'] },
}
