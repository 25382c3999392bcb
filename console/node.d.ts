/** The one thing that the build asks of Node, told here so that its whole library need not be. */
declare module "node:zlib" {
  export function brotliCompressSync(text: string | Uint8Array): Uint8Array<ArrayBuffer>;
}
