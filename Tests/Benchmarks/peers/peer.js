// The same check inside nginx, for njs: one comparison. AUTHORIZATION is replaced.

function allowed(request) {
    return request.headersIn.Authorization === "AUTHORIZATION" ? "1" : "";
}

export default { allowed };
