/**
 * What esbuild (and with it tsx and vite) calls for what the target lacks or for `keepNames`. Each text declares its
 * helper; line breaks are taken out before use, so statements end with semicolons and there are no comments.
 */
export const ESBUILD_HELPERS: Readonly<Record<string, string>> = {
  __name: "const __name = (f, value) => Object.defineProperty(f, 'name', { value, configurable: true });",
  __restKey: "const __restKey = (key) => (typeof key === 'symbol' ? key : key + '');",
  __objRest: `const __objRest = (source, excluded) => {
    const wanted = (key) => !excluded.includes(key) && Object.prototype.propertyIsEnumerable.call(source, key);
    return Object.fromEntries(Reflect.ownKeys(source).filter(wanted).map((key) => [key, source[key]]));
  };`,
  __spreadValues: 'const __spreadValues = (a, b) => Object.assign(a, b);',
  __spreadProps: 'const __spreadProps = (a, b) => Object.defineProperties(a, Object.getOwnPropertyDescriptors(b));',
  __pow: 'const __pow = Math.pow;',
  __template: `const __template = (cooked, raw) =>
    Object.freeze(Object.defineProperty(cooked, 'raw', { value: Object.freeze(raw || cooked.slice()) }));`,
  __publicField: `const __publicField = (o, key, value) => {
    Object.defineProperty(o, __restKey(key), { value, enumerable: true, configurable: true, writable: true });
    return value;
  };`,
  __accessCheck: `const __accessCheck = (o, members, what) => {
    if (!members.has(o)) throw TypeError('Cannot ' + what);
  };`,
  __privateGet: `const __privateGet = (o, members, getter) => {
    __accessCheck(o, members, 'read from private field');
    return getter ? getter.call(o) : members.get(o);
  };`,
  __privateAdd: `const __privateAdd = (o, members, value) => {
    if (members.has(o)) throw TypeError('Cannot add the same private member more than once');
    members instanceof WeakSet ? members.add(o) : members.set(o, value);
  };`,
  __privateSet: `const __privateSet = (o, members, value, setter) => {
    __accessCheck(o, members, 'write to private field');
    setter ? setter.call(o, value) : members.set(o, value);
    return value;
  };`,
  __privateMethod: `const __privateMethod = (o, members, method) => {
    __accessCheck(o, members, 'access private method');
    return method;
  };`,
  __privateIn: `const __privateIn = (members, o) => {
    if (Object(o) !== o) throw TypeError('Cannot use the "in" operator on this value');
    return members.has(o);
  };`,
  __privateWrapper: `const __privateWrapper = (o, members, setter, getter) => ({
    set _(value) { __privateSet(o, members, value, setter); },
    get _() { return __privateGet(o, members, getter); },
  });`,
  __async: `const __async = (self, args, generator) => new Promise((resolve, reject) => {
    const iterator = generator.apply(self, args || []);
    const step = (method, value) => {
      let result;
      try { result = iterator[method](value); } catch (error) { return reject(error); }
      if (result.done) return resolve(result.value);
      Promise.resolve(result.value).then((v) => step('next', v), (error) => step('throw', error));
    };
    step('next');
  });`,
  __forAwait: `const __forAwait = (o) =>
    o[Symbol.asyncIterator] ? o[Symbol.asyncIterator]() : (async function* () { yield* o; })();`,
  __yieldStar: `const __yieldStar = (o) =>
    o[Symbol.asyncIterator] ? __asyncDelegator(o[Symbol.asyncIterator]()) : o[Symbol.iterator]();`,
  __using: `const __using = (stack, value, async) => {
    if (value === null || value === undefined) { if (async) stack.push([true]); return value; }
    if (typeof value !== 'object' && typeof value !== 'function') throw TypeError('Object expected');
    const later = async ? value[Symbol.asyncDispose] : undefined;
    const dispose = later === undefined ? value[Symbol.dispose] : later;
    if (typeof dispose !== 'function') throw TypeError('Object not disposable');
    stack.push([async, later === undefined && async ? async () => { dispose.call(value); } : dispose, value]);
    return value;
  };`,
  __callDispose: `const __callDispose = (stack, error, failed) => {
    const fail = (suppressing) => {
      if (failed) error = Object.assign(new Error('An error was suppressed during disposal'), {
        name: 'SuppressedError', error: suppressing, suppressed: error,
      });
      else error = suppressing;
      failed = true;
    };
    const next = () => {
      while (stack.length > 0) {
        const [async, dispose, value] = stack.pop();
        try {
          const result = dispose && dispose.call(value);
          if (async) return Promise.resolve(result).then(next, (e) => { fail(e); return next(); });
        } catch (e) { fail(e); }
      }
      if (failed) throw error;
    };
    return next();
  };`,
  __toESM: `const __toESM = (module, isNode) => {
    const all = module ? Object.getOwnPropertyDescriptors(module) : {};
    const target = Object.create(module ? Object.getPrototypeOf(module) : Object.prototype, all);
    if (isNode || !module || !module.__esModule) Object.defineProperty(target, 'default', { value: module, enumerable: true });
    return target;
  };`,
  __decorateClass: `const __decorateClass = (decorators, target, key, kind) => {
    let result = kind > 1 ? undefined : kind ? Object.getOwnPropertyDescriptor(target, key) : target;
    for (const decorator of [...decorators].reverse())
      result = (kind ? decorator(target, key, result) : decorator(result)) || result;
    if (kind && result) Object.defineProperty(target, key, result);
    return result;
  };`,
  __decorateParam: 'const __decorateParam = (index, decorator) => (target, key) => decorator(target, key, index);',
}
