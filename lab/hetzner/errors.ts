import { ApiError, type ApiReply } from "../emulator/api-server";

/** An error in the shape of the Hetzner API. */
export function errorReply(status: number, code: string, message: string, details: unknown = {}): ApiReply {
  return { status, body: { error: { code, message, details } } };
}

function fail(status: number, code: string, message: string, details?: unknown): ApiError {
  return new ApiError(errorReply(status, code, message, details));
}

export const notFound = (what: string): ApiError => fail(404, "not_found", `${what} not found`);

/** What a firewall is to be applied to, or removed from. */
export const noFirewallResource = (status: 404 | 422, what: string): ApiError =>
  fail(status, "firewall_resource_not_found", `${what} not found`);

export const notUnique = (what: string): ApiError => fail(409, "uniqueness_error", `${what} is already used`);

export const removedEndpoint = (what: string): ApiError =>
  fail(410, "deprecated_api_endpoint", `${what} is no longer served`);

export const inUse = (what: string): ApiError => fail(422, "resource_in_use", `${what} is still in use`);

export const isProtected = (what: string): ApiError => fail(403, "protected", `${what} is protected`);

/** Refused in the state that the resource is in (server running, address assigned ...). */
export const refused = (code: string, message: string): ApiError => fail(422, code, message);

export const invalidInput = (field: string, message: string): ApiError =>
  fail(422, "invalid_input", `invalid input in field '${field}': ${message}`, {
    fields: [{ name: field, messages: [message] }],
  });

/** The real API can do this; the emulator cannot, and says so instead of ignoring it. */
export const notEmulated = (field: string): ApiError =>
  invalidInput(field, "the lab's emulator does not do this (lab/hetzner/README.md)");

export const noRoom = (what: string): ApiError => fail(412, "resource_unavailable", `${what} unavailable`);
