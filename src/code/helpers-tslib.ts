/**
 * What TypeScript calls for what the target lacks, also as imports of tslib. Each text declares its helper; line breaks
 * are taken out before use, so statements end with semicolons and there are no comments.
 */
export const TSLIB_HELPERS: Readonly<Record<string, string>> = {
  __assign: 'const __assign = Object.assign;',
  __rest: 'const __rest = __objRest;',
  __read: `const __read = (source, n = Infinity) => {
    const all = [];
    if (n > 0) for (const one of source) { all.push(one); if (all.length >= n) break; }
    return all;
  };`,
  __spread: 'const __spread = (...lists) => lists.flatMap((list) => [...list]);',
  __spreadArrays: 'const __spreadArrays = (...lists) => lists.flatMap((list) => [...list]);',
  __spreadArray: 'const __spreadArray = (to, from) => to.concat(Array.prototype.slice.call(from));',
  __values: 'const __values = (o) => (o[Symbol.iterator] ? o[Symbol.iterator]() : Array.prototype.values.call(o));',
  __makeTemplateObject: 'const __makeTemplateObject = __template;',
  __awaiter: 'const __awaiter = (self, args, P, generator) => __async(self, args, generator);',
  __asyncValues: 'const __asyncValues = __forAwait;',
  __generator: `const __generator = (self, body) => {
    let last, inner, done = false, running = false;
    const state = { label: 0, trys: [], ops: [], sent: () => { if (last[0] & 1) throw last[1]; return last[1]; } };
    const iterator = {
      next: (v) => resume([0, v]),
      throw: (v) => resume([1, v]),
      return: (v) => resume([2, v]),
      [Symbol.iterator]: () => iterator,
    };
    return iterator;
    function resume(op) {
      if (running) throw new TypeError('Generator is already executing.');
      running = true;
      try { return run(op); } finally { running = false; }
    }
    function run(op) {
      while (!done) {
        try {
          if (inner) {
            const result = delegate(op);
            if (result && !result.done) return result;
            inner = undefined;
            if (result) op = [op[0] & 2, result.value];
          }
          if (op[0] === 4) { state.label++; return { value: op[1], done: false }; }
          op = advance(op);
        } catch (error) { op = [6, error]; inner = undefined; }
      }
      if (op[0] & 5) throw op[1];
      return { value: op[0] ? op[1] : undefined, done: true };
    }
    function delegate(op) {
      const method = op[0] & 2 ? 'return' : op[0] ? 'throw' : 'next';
      if (inner[method]) return inner[method](op[1]);
      if (method === 'throw' && inner.return) inner.return();
    }
    function advance(op) {
      if (op[0] < 2) { last = op; return body.call(self, state); }
      if (op[0] === 5) { state.label++; inner = op[1]; return [0]; }
      if (op[0] === 7) { state.trys.pop(); return state.ops.pop(); }
      const region = state.trys[state.trys.length - 1];
      if (!region && op[0] !== 3) { done = true; return op; }
      if (op[0] === 3 && (!region || (op[1] > region[0] && op[1] < region[3]))) state.label = op[1];
      else if (op[0] === 6 && state.label < region[1]) { state.label = region[1]; last = op; }
      else if (state.label < region[2]) { state.label = region[2]; state.ops.push(op); }
      else { if (region[2]) state.ops.pop(); state.trys.pop(); return op; }
      return body.call(self, state);
    }
  };`,
  __await: 'function __await(v) { if (!(this instanceof __await)) return new __await(v); this.v = v; }',
  __asyncGenerator: `const __asyncGenerator = (self, args, generator) => {
    const iterator = generator.apply(self, args || []);
    return run();
    async function settle(result) {
      while (!result.done && result.value instanceof __await) {
        let value;
        try { value = await result.value.v; } catch (error) { result = iterator.throw(error); continue; }
        result = iterator.next(value);
      }
      return result;
    }
    async function* run() {
      let result = await settle(iterator.next());
      while (!result.done) {
        let resume = () => iterator.return();
        try {
          const sent = yield result.value;
          resume = () => iterator.next(sent);
        } catch (error) {
          resume = () => iterator.throw(error);
        } finally {
          result = await settle(resume());
        }
      }
      return result.value;
    }
  };`,
  __asyncDelegator: `const __asyncDelegator = function* (o) {
    let result = yield __await(o.next());
    while (!result.done) result = yield __await(o.next(yield result.value));
    return result.value;
  };`,
  __extends: `const __extends = (child, parent) => {
    Object.setPrototypeOf(child, parent);
    const own = { constructor: { value: child, writable: true, configurable: true } };
    child.prototype = Object.create(parent === null ? null : parent.prototype, own);
  };`,
  __decorate: `function __decorate(decorators, target, key, given) {
    const ofMember = arguments.length > 2;
    let result = !ofMember ? target : given === null ? Object.getOwnPropertyDescriptor(target, key) : given;
    for (const decorator of [...decorators].reverse())
      result = (ofMember ? decorator(target, key, result) : decorator(result)) || result;
    if (ofMember && result) Object.defineProperty(target, key, result);
    return result;
  }`,
  __param: 'const __param = (index, decorator) => (target, key) => decorator(target, key, index);',
  __metadata: 'const __metadata = (key, value) => (Reflect.metadata ? Reflect.metadata(key, value) : () => {});',
  __classPrivateFieldGet: `const __classPrivateFieldGet = (o, members, kind, f) => {
    if (kind === 'a' && !f) throw new TypeError('Private accessor was defined without a getter');
    if (typeof members === 'function' ? o !== members || !f : !members.has(o))
      throw new TypeError('Cannot read private member from an object whose class did not declare it');
    return kind === 'm' ? f : kind === 'a' ? f.call(o) : f ? f.value : members.get(o);
  };`,
  __classPrivateFieldSet: `const __classPrivateFieldSet = (o, members, value, kind, f) => {
    if (kind === 'm') throw new TypeError('Private method is not writable');
    if (kind === 'a' && !f) throw new TypeError('Private accessor was defined without a setter');
    if (typeof members === 'function' ? o !== members || !f : !members.has(o))
      throw new TypeError('Cannot write private member to an object whose class did not declare it');
    if (kind === 'a') f.call(o, value); else if (f) f.value = value; else members.set(o, value);
    return value;
  };`,
  __classPrivateFieldIn: `const __classPrivateFieldIn = (members, o) => {
    if (Object(o) !== o) throw new TypeError("Cannot use 'in' operator on non-object");
    return typeof members === 'function' ? o === members : members.has(o);
  };`,
  __addDisposableResource: `const __addDisposableResource = (env, value, async) => __using(env.stack, value, async);`,
  __disposeResources: 'const __disposeResources = (env) => __callDispose(env.stack, env.error, env.hasError);',
  __setFunctionName: `const __setFunctionName = (f, name, prefix) => Object.defineProperty(f, 'name', {
    value: (prefix ? prefix + ' ' : '') + (typeof name === 'symbol' ? '[' + (name.description || '') + ']' : name),
    configurable: true,
  });`,
  __propKey: "const __propKey = (key) => (typeof key === 'symbol' ? key : key + '');",
  __importDefault: 'const __importDefault = (module) => (module && module.__esModule ? module : { default: module });',
  __importStar: `const __importStar = (module) => {
    if (module && module.__esModule) return module;
    return { ...module, default: module };
  };`,
}
