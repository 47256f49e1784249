-- What a backend behind lighttpd's mod_proxy is told. The secret ends here; the name goes on, and replaces what the
-- client sent under these names. lighttpd runs this twice: before the question, when nobody has a name yet, and
-- after it.

local request = lighty.r
local application = request.req_env["BEARERD_APPLICATION"]

if application then
    request.req_header["Authorization"] = nil
    request.req_header["X-Bearerd-Application"] = application
    request.req_header["X-Bearerd-Key"] = request.req_env["BEARERD_KEY"]
end
