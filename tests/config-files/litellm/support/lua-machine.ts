/** A Lua (fengari) that is given functions of TypeScript, and values as they are written in JSON. */

type State = object;
type Text = Uint8Array;
/** What is used of fengari, which has no types of its own. */
interface Fengari {
  readonly to_luastring: (text: string) => Text;
  readonly lua: {
    readonly LUA_TBOOLEAN: number;
    readonly LUA_TNUMBER: number;
    readonly LUA_TSTRING: number;
    readonly LUA_TTABLE: number;
    readonly lua_absindex: (state: State, index: number) => number;
    readonly lua_createtable: (state: State, list: number, rest: number) => void;
    readonly lua_getglobal: (state: State, name: Text) => number;
    readonly lua_gettop: (state: State) => number;
    readonly lua_next: (state: State, index: number) => number;
    readonly lua_pcall: (state: State, given: number, wanted: number, handler: number) => number;
    readonly lua_pop: (state: State, count: number) => void;
    readonly lua_pushboolean: (state: State, value: boolean) => void;
    readonly lua_pushcfunction: (state: State, work: (state: State) => number) => void;
    readonly lua_pushnil: (state: State) => void;
    readonly lua_pushnumber: (state: State, value: number) => void;
    readonly lua_pushstring: (state: State, value: Text) => void;
    readonly lua_setglobal: (state: State, name: Text) => void;
    readonly lua_setfield: (state: State, index: number, name: Text) => void;
    readonly lua_seti: (state: State, index: number, place: number) => void;
    readonly lua_toboolean: (state: State, index: number) => boolean;
    readonly lua_tojsstring: (state: State, index: number) => string;
    readonly lua_tonumber: (state: State, index: number) => number;
    readonly lua_type: (state: State, index: number) => number;
  };
  readonly lauxlib: {
    readonly luaL_newstate: () => State;
    readonly luaL_dostring: (state: State, text: Text) => boolean | number;
  };
  readonly lualib: { readonly luaL_openlibs: (state: State) => void };
}
// eslint-disable-next-line @typescript-eslint/no-require-imports
const { to_luastring, lua, lauxlib, lualib } = require("fengari") as Fengari;

export type Provided = Readonly<Record<string, (...args: unknown[]) => unknown>>;

export class LuaMachine {
  private readonly state = lauxlib.luaL_newstate();

  constructor() {
    lualib.luaL_openlibs(this.state);
  }

  /** Makes a table of functions known by a name. */
  provide(name: string, functions: Provided): void {
    lua.lua_createtable(this.state, 0, 0);
    for (const [key, work] of Object.entries(functions)) {
      lua.lua_pushcfunction(this.state, (state) => {
        const args = Array.from({ length: lua.lua_gettop(state) }, (_, index) => read(state, index + 1));
        push(state, work(...args));
        return 1;
      });
      lua.lua_setfield(this.state, -2, to_luastring(key));
    }
    lua.lua_setglobal(this.state, to_luastring(name));
  }

  /** @throws Error with what Lua says */
  run(text: string): void {
    if (lauxlib.luaL_dostring(this.state, to_luastring(text))) throw this.error();
  }

  /** Calls a global function. */
  call(name: string, args: readonly unknown[]): unknown {
    lua.lua_getglobal(this.state, to_luastring(name));
    for (const each of args) push(this.state, each);
    if (lua.lua_pcall(this.state, args.length, 1, 0) !== 0) throw this.error();
    const result = read(this.state, -1);
    lua.lua_pop(this.state, 1);
    return result;
  }

  private error(): Error {
    const said = lua.lua_tojsstring(this.state, -1);
    lua.lua_pop(this.state, 1);
    return new Error(said);
  }
}

function push(state: State, value: unknown): void {
  if (typeof value === "boolean") return lua.lua_pushboolean(state, value);
  if (typeof value === "string") return lua.lua_pushstring(state, to_luastring(value));
  // Redis's Lua has one kind of number; the integers of this one have 32 bits.
  if (typeof value === "number") return lua.lua_pushnumber(state, value);
  if (typeof value !== "object" || value === null) return lua.lua_pushnil(state);
  lua.lua_createtable(state, 0, 0);
  for (const [key, part] of Object.entries(value)) {
    push(state, part);
    if (Array.isArray(value)) lua.lua_seti(state, -2, Number(key) + 1);
    else lua.lua_setfield(state, -2, to_luastring(key));
  }
}

function read(state: State, index: number): unknown {
  const type = lua.lua_type(state, index);
  if (type === lua.LUA_TBOOLEAN) return lua.lua_toboolean(state, index);
  if (type === lua.LUA_TNUMBER) return lua.lua_tonumber(state, index);
  if (type === lua.LUA_TSTRING) return lua.lua_tojsstring(state, index);
  if (type !== lua.LUA_TTABLE) return undefined;
  const entries: (readonly [string | number, unknown])[] = [];
  const table = lua.lua_absindex(state, index);
  lua.lua_pushnil(state);
  while (lua.lua_next(state, table) !== 0) {
    entries.push([read(state, -2) as string | number, read(state, -1)]);
    lua.lua_pop(state, 1);
  }
  // Of a list too in an order of its own.
  const list = entries.every(([key]) => typeof key === "number");
  if (!list) return Object.fromEntries(entries);
  return entries.sort(([one], [other]) => Number(one) - Number(other)).map(([, value]) => value);
}
