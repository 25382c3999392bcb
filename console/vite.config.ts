import { brotliCompressSync } from "node:zlib";
import { defineConfig, type Plugin } from "vite";

// Each file lies there packed, too: Python can serve Brotli and not make it. Zlib's own choice is the highest quality.
const packed: Plugin = {
  name: "packed",
  generateBundle: {
    order: "post",
    handler(_, bundle) {
      for (const [fileName, made] of Object.entries(bundle)) {
        if (!/\.(?:js|css|svg)$/.test(fileName)) continue;
        const source = brotliCompressSync(made.type === "chunk" ? made.code : made.source);
        this.emitFile({ type: "asset", fileName: `${fileName}.br`, source });
      }
    },
  },
};

// What is built goes into the Python package, beside the routes that serve it.
export default defineConfig({
  plugins: [packed],
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
