#!/usr/bin/env escript
%% A TLS server on Erlang/OTP's ssl; a process for each connection.
%%   escript server.escript ADDRESS PORT CERTIFICATE KEY DHFILE|- server|client VERSION,VERSION

main([Address, Port, Certificate, Key, DHFile, Order, Versions]) ->
    logger:set_primary_config(level, none),
    {ok, _} = application:ensure_all_started(ssl),
    {ok, IP} = inet:parse_address(Address),
    Options = [
        {ip, IP},
        {backlog, 512},
        {reuseaddr, true},
        {mode, binary},
        {active, false},
        {certfile, Certificate},
        {keyfile, Key},
        {versions, [version(V) || V <- string:split(Versions, ",", all)]},
        {ciphers, suites()},
        {honor_cipher_order, Order =:= "server"}
        | [{dhfile, DHFile} || DHFile =/= "-"]
    ],
    {ok, Listener} = ssl:listen(list_to_integer(Port), Options),
    accept(Listener).

version("1.0") -> 'tlsv1';
version("1.1") -> 'tlsv1.1';
version("1.2") -> 'tlsv1.2'.

%% DHE is not among the defaults.
suites() ->
    Wanted = fun(Exchange) -> Exchange =:= dhe_rsa orelse Exchange =:= ecdhe_rsa end,
    ssl:filter_cipher_suites(ssl:cipher_suites(all, 'tlsv1.2'), [{key_exchange, Wanted}]).

accept(Listener) ->
    case ssl:transport_accept(Listener) of
        {ok, Transport} ->
            Server = spawn(fun() ->
                receive
                    go -> serve(Transport)
                end
            end),
            ok = ssl:controlling_process(Transport, Server),
            Server ! go;
        {error, _} ->
            ok
    end,
    accept(Listener).

%% A client may leave at any point of it.
serve(Transport) ->
    case ssl:handshake(Transport, 60000) of
        {ok, Connection} ->
            case ssl:recv(Connection, 0, 60000) of
                {ok, _} ->
                    ssl:send(Connection, <<"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nok\n">>);
                _ ->
                    ok
            end,
            ssl:close(Connection);
        _ ->
            ok
    end.
