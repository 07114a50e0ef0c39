import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'
import { offline } from './vite-offline.ts'

/**
 * All that the first screen needs is one file: it compresses better than forty. What it shares with
 * the sign-in page is another.
 */
const groups = [
  { name: 'local', test: /web\/src\/local\/(copies|database)\.ts$/, priority: 2 },
  { name: 'first-screen', test: /web\/src\/main\.ts$/, priority: 1 },
]

export default defineConfig({
  root: import.meta.dirname,
  plugins: [vue({ features: { optionsAPI: false } }), offline(import.meta.dirname)],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    // The Content-Security-Policy allows no data: URLs and no inline script.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: { codeSplitting: { groups } },
      input: ['index.html', 'sign-in.html'].map((page) => `${import.meta.dirname}/${page}`),
    },
  },
  server: {
    proxy: {
      '/connection': { target: 'http://127.0.0.1:8080', ws: true },
      '/api': 'http://127.0.0.1:8080',
      '/login': 'http://127.0.0.1:8080',
      '/logout': 'http://127.0.0.1:8080',
    },
  },
})
