import { defineConfig } from "vite";

// What is built goes into the Python package, beside the routes that serve it.
export default defineConfig({
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: "../src/fuseline/doors/console/static",
    emptyOutDir: true,
    target: "es2023",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
  },
  server: { proxy: { "/console/api": { target: "http://127.0.0.1:8484" } } }, // the Host stays as the browser sent it
});
