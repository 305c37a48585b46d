/** What TypeScript calls for what the target lacks (also as imports of tslib); one line each. */
export const TSLIB_HELPERS: Readonly<Record<string, string>> = {
  __assign: `const __assign = Object.assign;`,
  __rest: `const __rest = (source, excluded) => Object.fromEntries(Reflect.ownKeys(source).filter((k) => !excluded.includes(k) && Object.prototype.propertyIsEnumerable.call(source, k)).map((k) => [k, source[k]]));`,
  __awaiter: `const __awaiter = (self, args, P, generator) => new Promise((resolve, reject) => { const step = (run) => { let r; try { r = run(); } catch (e) { return reject(e); } if (r.done) resolve(r.value); else Promise.resolve(r.value).then((v) => step(() => it.next(v)), (e) => step(() => it.throw(e))); }; const it = generator.apply(self, args ?? []); step(() => it.next()); });`,
  __read: `const __read = (source, n) => { const all = []; for (const one of source) { if (n !== undefined && all.length >= n) break; all.push(one); } return all; };`,
  __spread: `const __spread = (...lists) => lists.flatMap((list) => [...list]);`,
  __spreadArrays: `const __spreadArrays = (...lists) => lists.flatMap((list) => [...list]);`,
  __spreadArray: `const __spreadArray = (to, from) => to.concat(Array.prototype.slice.call(from));`,
  __values: `const __values = (o) => o[Symbol.iterator] ? o[Symbol.iterator]() : Array.prototype.values.call(o);`,
  __makeTemplateObject: `const __makeTemplateObject = (cooked, raw) => Object.defineProperty(cooked, 'raw', { value: raw });`,
}
