-- Checks a request with bearerd. HAProxy has no auth_request, but its Lua can send HTTP requests (2.5 or later), and
-- HAProxy can translate HTTP to FastCGI: this file sends a request to the frontend "bearerd" of haproxy.cfg.
--
-- Sets txn.bearerd_status, and, if bearerd sent them, txn.bearerd_application, txn.bearerd_key and
-- txn.bearerd_challenge. After any failure, txn.bearerd_status is not 200.

local variables = {
    ["x-bearerd-application"] = "txn.bearerd_application",
    ["x-bearerd-key"] = "txn.bearerd_key",
    ["www-authenticate"] = "txn.bearerd_challenge",
}

core.register_action("bearerd", { "http-req" }, function(txn)
    txn:set_var("txn.bearerd_status", 0)

    -- The frontend "bearerd" trusts these two. Only HAProxy's own account can connect to it.
    local check = {
        ["x-bearerd-client"] = { txn.f:src() },
        ["x-bearerd-scope"] = { txn:get_var("txn.bearerd_scope") or "" },
    }
    local sent = txn.http:req_get_headers()["authorization"]
    if sent then
        -- Joins two headers to one, which bearerd rejects.
        local all = {}
        for index = 0, #sent do
            table.insert(all, sent[index])
        end
        check["authorization"] = { table.concat(all, ", ") }
    end

    -- For clients that send the token in a header of its own.
    --check["x-bearerd-token"] = { txn.f:req_hdr("x-api-key") }

    local response = core.httpclient():get({
        url = "http://bearerd" .. txn.f:path(),
        headers = check,
        dst = "unix@/run/haproxy/bearerd.sock",
        timeout = 5000,
    })
    for header, variable in pairs(variables) do
        if response.headers and response.headers[header] then
            txn:set_var(variable, response.headers[header][0])
        end
    end
    txn:set_var("txn.bearerd_status", response.status)
end, 0)
