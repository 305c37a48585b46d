const webpack = require('webpack')

const config = {
  mode: 'production',
  target: 'node20',
  devtool: 'source-map',
  context: __dirname,
  entry: './src/main.ts',
  output: { path: `${__dirname}/dist`, filename: 'main.js' },
  resolve: { extensions: ['.ts', '.js'] },
  module: { rules: [{ test: /\.ts$/, loader: 'ts-loader' }] },
  externals: { heddle: 'commonjs heddle' },
  optimization: { minimize: process.env.MINIFY === 'yes' },
}

webpack(config, (error, stats) => {
  if (!error && !stats.hasErrors()) return
  console.error(error ?? stats.toString('errors-only'))
  process.exitCode = 1
})
