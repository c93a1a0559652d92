import { ApiError, type ApiReply } from "../emulator/api-server";

/** An error in the shape of API v4. */
export function errorReply(status: number, code: number, message: string): ApiReply {
  return { status, body: { success: false, errors: [{ code, message }], messages: [], result: null } };
}

export const badHeader = (): ApiReply => ({
  status: 400,
  body: {
    success: false,
    errors: [
      {
        code: 6003,
        message: "Invalid request headers",
        error_chain: [{ code: 6111, message: "Invalid format for Authorization header" }],
      },
    ],
    messages: [],
    result: null,
  },
});

const fail = (status: number, code: number, message: string): ApiError =>
  new ApiError(errorReply(status, code, message));

export const noSuchRecord = (): ApiError => fail(404, 81044, "Record does not exist.");

export const noSuchZone = (id: string): ApiError =>
  fail(404, 7003, `Could not route to /client/v4/zones/${id}, perhaps your object identifier is invalid?`);

export const invalid = (code: number, message: string): ApiError => fail(400, code, message);

/** The real API can do this; the emulator cannot, and says so instead of ignoring it. */
export const notEmulated = (what: string): ApiError =>
  fail(400, 9999, `the lab's emulator does not know ${what} (lab/cloudflare/README.md)`);

/** A token without that right to the zone. */
export const notAllowed = (): ApiError => fail(403, 10000, "Authentication error");
export const notShown = (): ApiError => fail(403, 9109, "Unauthorized to access requested resource");
